"""What the admin may say about a folder of exports; nearly all of it is found by looking when left out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from connectors.csv.formula import Formula, FormulaError

Delimiter = Literal[",", ";", "\t", "|", "whitespace"]


def _formula(value: str) -> str:
    try:
        Formula.parse(value)
    except FormulaError as error:
        raise ValueError(str(error)) from error
    return value


FormulaText = Annotated[str, AfterValidator(_formula)]


class Section(BaseModel):
    """A part of the settings whose keys are all known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileOptions(Section):
    """What cannot be told from one file by looking at it."""

    delimiter: Delimiter | None = Field(
        None, description="what stands between fields; `whitespace` for aligned columns"
    )
    encoding: str | None = Field(None, description="such as utf-8, iso-8859-1, cp1252, utf-16")
    header: tuple[str, ...] | None = Field(None, description="names of the columns of a file without a header row")
    decimal_comma: bool = Field(False, description="amounts read 1.234,50")


class Lines(Section):
    """Rows of another file that belong to a view's rows, and what of them is summed up."""

    rows: str = Field(description="the file with the lines")
    by: str = Field(description="the column that names the row they belong to")
    to: str | None = Field(None, description="the column of the view's rows it names; by default called the same")
    sum: dict[str, FormulaText] = Field(description="new column: what to sum up, such as `price * quantity`")


class View(Section):
    """A stream that no file holds as such: rows of a file, thinned out to one per value, or joined with their lines."""

    rows: str = Field(description="the file it is made from")
    one_per: str | None = Field(None, description="one record per value of this column, with no other column")
    lines: Lines | None = Field(None, description="rows of another file, summed up per row")
    amounts: dict[str, FormulaText] = Field({}, description="new column: amount computed from other columns")
    decimals: int = Field(2, ge=0, le=8, description="to how many decimals computed amounts are rounded, half up")
    texts: dict[str, str] = Field({}, description="new column: text with {column} in it")

    @model_validator(mode="after")
    def _either_thinned_or_joined(self) -> View:
        if self.one_per is not None and (self.lines is not None or self.amounts):
            raise ValueError("a view with `one_per` has no `lines` and no `amounts`")
        return self


class CsvSettings(Section):
    """A folder of CSV files."""

    folder: str = Field(".", description="where the files are, from the folder of inlay.yaml")
    files: dict[str, FileOptions] = Field({}, description="what cannot be told by looking, by file name")
    views: dict[str, View] = Field({}, description="streams made of several files, or of some columns of one")
    imports: str = Field(
        "import", description="where `inlay apply` leaves files for the import wizard, in a folder per connection"
    )
