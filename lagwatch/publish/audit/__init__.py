"""An audit's report in the forms that people and programs take: text, JSON, SARIF, Markdown."""

from lagwatch.publish.audit.form import as_json, document
from lagwatch.publish.audit.markdown import as_markdown
from lagwatch.publish.audit.sarif import as_sarif

__all__ = ["as_json", "as_markdown", "as_sarif", "document"]
