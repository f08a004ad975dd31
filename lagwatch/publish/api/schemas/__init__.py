"""The shapes of the API's answers: pydantic, output only, every field with its meaning and an example. Unknown is null."""
