"""What a person reads of a run: tables and pictures, drawn from its record alone."""
