"""What pins did and what is put on them: pulses, and Value Change Dumps out and in."""
