"""The words around a name by which it is known, and those that are never part of one."""
from __future__ import annotations

import re

TITLES = frozenset("mr mrs ms miss mx dr doctor prof professor sister nurse rev reverend father pastor rabbi imam sir "
                    "uncle aunt auntie aunty captain sgt sergeant brother fr matron madam".split())
SHORT_TITLES = frozenset("mr mrs ms mx dr prof rev sgt".split())  # they are said before names only
PARTICLES = frozenset("de da do dos das del della di du la le van von der den ter ten bin bint ibn al el abu ni nic ui mac mc "
                       "o st san y e af av zu".split())
PEOPLE = frozenset(
    "husband wife spouse partner boyfriend girlfriend fiance fiancee mother mom mum mam mama father dad daddy papa son daughter "
    "brother sister sis bro grandson granddaughter grandmother grandfather grandma grandpa gran granny nan nana nanny grandad "
    "granddad uncle aunt auntie cousin niece nephew twin kid child baby boy girl friend mate buddy pal neighbour neighbor boss "
    "colleague coworker flatmate roommate housemate carer caregiver aide nurse doctor gp podiatrist chiropodist physio "
    "physiotherapist therapist masseuse masseur chiropractor neurologist surgeon pharmacist dentist consultant pastor priest "
    "vicar landlord landlady tenant teacher coach client patient ex law hubby missus mister stepson stepdaughter stepmother "
    "stepfather godmother godfather lady man woman guy".split())
# Never part of a name in small letters; and in capitals no name by themselves.
NO_NAME = frozenset(
    "i im ive id ill a an the and or but not no yes so if then than that this these those it its is am are was were be been being "
    "have has had do does did can could will would shall should may might must my your his her our their me you him us them he "
    "she we they of in on at to from by for with without about as into over after before since until while because what which "
    "who whom whose when where why how here there now again still just also too very really only ok okay please thanks thank "
    "hi hello hey hiya dear sorry good bad well new old back way on off out up down all any some each every both more most much "
    "many few lot one two three feet foot toe toes leg legs nerve nerves massage pain numb tingling burning question questions "
    "writing calling speaking asking wondering looking important private none nobody anonymous unknown long hard silly funny "
    "diabetic sick ill old tired scared worried afraid unsure sure male female age aged years type monday tuesday wednesday "
    "thursday friday saturday sunday january february march april june july august september october november december "
    "said says told thinks thought asked wants needs called name named aka regards got gets gave give feel feels hurt hurts "
    "wont cant dont didnt isnt wasnt doesnt couldnt wouldnt clinic hospital doctor nurse desk reception number phone email mobile cell address dob mrn ssn born who's what's can't".split())
AFTER_NAME = frozenset("here speaking calling writing again".split())
NAMED = re.compile(
    r"\b(?:(?:name|nom|nombre|nome|naam|namn)(?:['’]?s|\s+(?:is|was|es|é|est|ist))|(?:sur|first |last |full |patient |maiden )?name\s*[:=-]|"
    r"patient\s+name|(?:is|am|are|was|i'?m|im|been|she'?s|he'?s)\s+called|(?:is|was|am)\s+named|they\s+call\s+me|calls?\s+me|"
    r"i\s+go\s+by|goes\s+by|je\s+m'appelle|me\s+llamo|ich\s+bin|ich\s+hei(?:ß|ss)e|mi\s+chiamo|signed|signed\s+by)[\s:,-]*", re.IGNORECASE)
CALL_ME = re.compile(r"call(?:s)?\s+me[\s:,-]*$", re.IGNORECASE)
CALLED = re.compile(r"\b(?:is|was|are|been)\s+called[\s:,-]*$", re.IGNORECASE)
INTRODUCED = re.compile(r"\b(?:i['’]?m|i\s+am|this\s+is|it['’]?s|it\s+is|i|we\s+are|we['’]re|ask\s+for|tell|let|to|via|dear|hi|hello|and)[\s,:]+$",
                         re.IGNORECASE)
SELF = re.compile(r"\b(?:i['’]?m|i\s+am|this\s+is|me\s+is)\s+$", re.IGNORECASE)
SIGNED = re.compile(r"(?:\b(?:regards|sincerely|truly|faithfully|cheers|thanks|thank\s+you|thx|love|wishes|signed|from)\b[\s,.!-]*|^\s*[-–—~]\s*)$",
                     re.IGNORECASE)
EPONYM = re.compile(
    r"['’]?s?\s+(?:disease|syndrome|palsy|neuroma|cyst|sign|test|exercises?|contracture|lymphoma|fracture|nodes?|phenomenon|clinic|"
    r"hospital|university|college|oil|tea|salts?|wort|bread|juice|foundation|scale|score|brand|whiskey|whisky|vodka|rum|gin|marathon|"
    r"street|road|avenue|lane|county|bay|beach|city)\b", re.IGNORECASE)
