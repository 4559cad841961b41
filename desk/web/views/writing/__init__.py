"""What goes to a reporter: forms, sentences ready made, previews, notes of a call."""
