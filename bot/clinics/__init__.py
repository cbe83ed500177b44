"""Clinics: one file each under clinics/, loaded strictly and read anew when it changes."""
from __future__ import annotations

from bot.clinics.clinic import DEFAULT_CLINIC, Clinic, OwnWords
from bot.clinics.folder import Clinics, load_clinics

__all__ = ["DEFAULT_CLINIC", "Clinic", "Clinics", "OwnWords", "load_clinics"]
