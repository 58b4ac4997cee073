"""Why a hit was found: what each signal had in its score."""
