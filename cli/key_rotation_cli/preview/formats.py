"""How the preview of one account is written."""

from key_rotation_cli.preview.csv_table import to_csv
from key_rotation_cli.preview.document import to_json
from key_rotation_cli.preview.output import Formats
from key_rotation_cli.preview.page import to_html
from key_rotation_cli.preview.screen import print_preview

OF_ONE_ACCOUNT = Formats(to_html=to_html, to_csv=to_csv, to_json=to_json, show=print_preview)
