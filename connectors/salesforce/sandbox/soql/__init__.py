"""SOQL, the part that clients of CRM data use: parsed to a tree, checked against the schema, run over the tables."""
