"""What every section of the configuration is: frozen, strict about its keys, and silent about its secrets."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from lagwatch.errors import ConfigurationError


class Section(BaseModel):
    """A mapping of the configuration file. The description of each field is its comment in the printed reference."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def read_secret(value: SecretStr | None, file: Path | None) -> str | None:
    """
    A secret given as a value or as a file (read now, without the line end); None if neither is set.

    Raises ConfigurationError if the file cannot be read or is empty: files were checked at the start, but secrets rotate.
    """
    if value is not None or file is None:
        return value.get_secret_value() if value is not None else None
    try:
        secret = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(
            f"the secret in {file} cannot be read: {reason}; check the file and its permissions"
        ) from None
    if not secret:
        raise ConfigurationError(f"the secret in {file} is empty; write it into the file")
    return secret
