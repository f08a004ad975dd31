"""`lagwatch config`: every setting, its default and its meaning."""

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Print a configuration file with every setting explained.")
    def config() -> None:
        """Print a configuration file with every setting, its default and its meaning: `lagwatch config > lagwatch.yaml`."""
        from lagwatch.config.reference import reference

        typer.echo(reference(), nl=False)
