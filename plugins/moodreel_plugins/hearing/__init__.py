"""What is heard: speech activity, frozen speech features and sound events."""
