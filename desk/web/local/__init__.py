"""What keeps everybody but the member's browser out: the address, the guard of every page, forms that count once."""
