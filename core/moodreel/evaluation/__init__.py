"""Measuring, comparing and explaining how well videos are found."""
