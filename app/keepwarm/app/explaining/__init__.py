"""Why a customer did, or did not, get something: found, put into sentences, written as text."""
