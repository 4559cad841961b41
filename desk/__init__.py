"""The members' application: private keys and all that is decrypted stay here. It imports no decoder and no tor."""
