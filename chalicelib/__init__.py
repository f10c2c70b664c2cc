"""Forecourt: which version runs here? What each one changed stands in CHANGELOG.md, by semver.org."""

VERSION = "0.1.0"
