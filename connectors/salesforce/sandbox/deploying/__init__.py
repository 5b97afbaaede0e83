"""The Metadata API's ``deploy()``: a zip of fields and permission sets, checked as a whole and then carried out."""
