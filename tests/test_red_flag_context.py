"""What context does to a finding: denied, over, asked about in general, told of others, or only a manner of speech.

A row is a message and the red flag, or the tier, that it must raise; None means that it must raise nothing.
"""
from __future__ import annotations

import pytest

from bot.red_flags import default_red_flags
from bot.reply import TIERS

NEGATED = [
    ("No chest pain here, just the usual tingle in my soles.", None),
    ("No fever, chills or redness, so which oil is best?", None),
    ("My foot has no sores, no swelling, no pus and no smell. How often should it be rubbed?", None),
    ("Dad isn't diabetic and hasn't had a stroke, his toes buzz a little.", None),
    ("Sores? None. Blood thinner? No. Can we start on Monday?", None),
    ("Pacemaker? Nope.", None),
    ("I don't think it's a clot, the scan was clean.", None),
    ("She never had a seizure and does not take pills for one.", None),
    ("neither of us takes warfarin", None),
    ("The doctor ruled out a stroke and a tumor, it is plain nerve pain.", None),
    ("not pregnant, not on chemo, no pacemaker, nothing, only old", None),
    ("ain't pregnant, ain't bleeding, ain't on nothing", None),
    ("I don't want to hurt myself, I only want my feet to stop buzzing.", None),
    ("x-ray found no fracture and the bloods no infection", None),
    ("Without any chest pain or trouble breathing, may I take a warm bath?", None),
    ("Nobody is hurting me, my husband is a lamb.", None),
    ("client denies chest pain, calf swelling, fever", None),
    # What the "no" does not reach
    ("no pain but my foot is suddenly cold and blue", "bloodless_limb"),
    ("No fever, but my toe turned black overnight", "black_toe"),
    ("I never had chest pain until today", "heart_attack"),
    ("It's not numb, I just can't lift my foot since this morning", "foot_drop"),
    ("no idea why, half my face went droopy an hour ago", "stroke"),
    ("No sleep last night because I can't breathe", "breathing_trouble"),
    ("She is not responding and her lips are blue", "emergency"),
    ("No pulse in his foot and it is white and cold", "bloodless_limb"),
    ("I'm not diabetic, but I take Eliquis every morning", "blood_thinner"),
    ("no diabetes here. my wife is 20 weeks pregnant though", "pregnancy"),
    ("not only is my calf swollen, I'm short of breath as well", "emergency"),
    ("The sore on my heel will not heal and I have diabetes", "foot_ulcer"),
    ("I don't want to live like this anymore", "crisis"),
    ("barefoot with no shoes, one calf swollen, red and sore since Monday", "leg_clot"),
    ("nobody would miss me if I was gone", "crisis"),
]
RESOLVED = [
    ("I broke my wrist in 1988 and it healed fine.", None),
    ("Grandpa had a stroke in 2004 and got everything back.", None),
    ("had ringworm as a kid, long gone", None),
    ("She fainted once when she was nine, never again.", None),
    ("my foot infection cleared up twenty years ago, not diabetic", None),
    ("He had the flu in 2017, could a bug like that cause this?", None),
    ("When I was a boy I got burned on the stove, no scar even.", None),
    # Over but still a reason for care, or not over at all
    ("I had a blood clot in my leg in 2012, all clear since", "past_clot"),
    ("my big toe was amputated twelve years ago", "past_ulcer_or_amputation"),
    ("I'm diabetic and had a foot ulcer, it healed last year", "past_ulcer_or_amputation"),
    ("Pacemaker since 2009, may I use a vibrating foot plate?", "implanted_device"),
    ("I was diagnosed with diabetes years ago and today my foot is cold and white", "emergency"),
    ("My face drooped for ten minutes this morning, then it went away", "stroke"),
    ("I had shingles years ago and it's back, blisters on one side since yesterday", "fresh_shingles"),
    ("never been short of breath before today", "breathing_trouble"),
    ("Diabetic since 1995, there is a hole in the sole of my foot", "foot_ulcer"),
]
EDUCATIONAL = [
    ("Can neuropathy cause a stroke?", None),
    ("What is a foot ulcer?", None),
    ("What are the warning signs of a heart attack?", None),
    ("Do varicose veins cause numbness?", None),
    ("Why can't pregnant women have their ankles rubbed?", None),
    ("Is osteoporosis a reason not to be massaged?", None),
    ("how do you prevent a diabetic foot ulcer", None),
    ("Can people with a pacemaker have a massage?", None),
    ("What happens if you massage a leg with a clot in it?", None),
    ("is it a myth that massage spreads cancer", None),
    ("Could someone get a blood clot from tight socks?", None),
    ("In case I ever get a foot ulcer, what should a bandage look like?", None),
    # A question that reports
    ("Should I worry that my foot went cold and white an hour ago?", "bloodless_limb"),
    ("What does it mean when pus comes out of my toe? I'm diabetic", "foot_infection"),
    ("does neuropathy cause sudden drooping in my face", "stroke"),
    ("should I be worried that my toe is black", "black_toe"),
    ("Is massage safe? I'm on warfarin", "blood_thinner"),
    ("What causes sudden weakness in my left arm and a droopy face?", "stroke"),
    ("Can you massage me when I'm pregnant?", "pregnancy"),
    ("what is going on, my husband is slurring his words", "stroke"),
    ("Does it matter that my mother had a clot in her lung once?", "past_clot"),
    ("Would a heating pad hurt my numb feet?", "heat_on_numb_feet"),
]
OTHERS = [
    ("My neighbor has a pacemaker, lovely man.", None),
    ("In the novel I am reading the hero has a heart attack.", None),
    ("my great-grandfather died of sepsis in the war", None),
    ("our dog had a seizure last year", None),
    ("I work at the blood bank and stand all day.", None),
    ("Dr. Stroke sent me to you.", None),
    ("The news said an actor took an overdose.", None),
    ("I sell pacemakers for a living.", None),
    # Somebody who needs help
    ("my neighbor collapsed in his yard and won't wake up", "collapse"),
    ("My client has a pacemaker, may I use the vibrating plate?", "implanted_device"),
    ("my dad's face is drooping", "stroke"),
    ("we were watching a movie and my wife passed out, she isn't waking up", "collapse"),
    ("In my exam there is an imaginary Mrs. Jones who slurs her words.", None),
]
FIGURATIVE = [
    ("These shoes are killing me.", None),
    ("I nearly had a heart attack when I saw the bill!", None),
    ("dying to know whether it works", None),
    ("He had a stroke of luck finding you.", None),
    ("my legs turn to jelly when he sings", None),
    ("I'm dead tired and my dogs are barking.", None),
    ("The massage put dad in a coma haha, best nap ever.", None),
    ("I got cold feet about the appointment.", None),
    ("explain it like I'm five", None),
    # Meant as it is said
    ("my chest feels tight and my arm hurts, I could die laughing if it weren't so bad", "heart_attack"),
    ("legs like jelly since Tuesday, now it is up to my hips", "climbing_weakness"),
]


@pytest.mark.parametrize(("message", "expected"), NEGATED + RESOLVED + EDUCATIONAL + OTHERS + FIGURATIVE)
def test_context_decides_what_is_reported(message: str, expected: str | None) -> None:
    flags = default_red_flags().check(message)
    if expected is None:
        assert [flag.id for flag in flags] == []
    elif expected in TIERS:
        assert flags and flags[0].tier == expected
    else:
        assert expected in [flag.id for flag in flags]
