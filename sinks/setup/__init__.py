"""How a sink is made: the senders to choose from, the form's own fields, and the steps after saving."""
