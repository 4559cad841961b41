"""The members' application: private keys and everything decrypted stay on this side. It imports no decoder and no tor."""
