"""The table that `make bench` prints: what was measured, what was asked, whether it holds."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Row:
    name: str
    value: str
    asked: str
    met: bool | None


@dataclass
class Figures:
    rows: list[Row] = field(default_factory=list)
    noted: dict[str, float] = field(default_factory=dict)

    def note(self, name: str, value: str) -> None:
        self.rows.append(Row(name, value, "", None))
        print(f"  {name}: {value}", flush=True)

    def check(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        met = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
        asked = f"≥ {at_least:g}" if at_least is not None else f"≤ {at_most:g}"
        shown = f"{value:.2f}".rstrip("0").rstrip(".") if value != int(value) else f"{int(value)}"
        self.rows.append(Row(name, f"{shown} {unit}".strip(), asked, met))
        print(f"  {name}: {shown} {unit} (asked {asked}) {'ok' if met else 'NOT MET'}", flush=True)

    def all_met(self) -> bool:
        return all(row.met is not False for row in self.rows)

    def table(self) -> None:
        width = max(len(row.name) for row in self.rows)
        print()
        for row in self.rows:
            mark = {True: "ok", False: "NOT MET", None: ""}[row.met]
            print(f"{row.name:<{width}}  {row.value:>12}  {row.asked:>8}  {mark}")
