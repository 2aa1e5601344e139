"""What one run is: its events, its journal, its verdict, the causes of what is red."""
