"""Backward compatibility: old names, which work for one more release and warn."""
