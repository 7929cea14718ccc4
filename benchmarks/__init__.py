"""The measured claims: symgraph and its peers side by side in one run; README.md says how."""
