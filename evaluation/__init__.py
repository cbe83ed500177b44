"""How good Footnote is: labelled messages from many hands, and the code that scores it on them."""
