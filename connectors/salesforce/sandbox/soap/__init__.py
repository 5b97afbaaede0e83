"""The SOAP partner API, as far as REST has no equal: login (legacy), merge, undelete, emptying the recycle bin."""
