"""A walk over the reporter's pages in real browsers: every button is pressed, and held against what its label promises.

`promises` is the table, `states` the ways to where a walk begins, `hands` and `text_hands` what they do in browsers,
`stations` the services that they walk in, `walker` the walk itself.
"""
