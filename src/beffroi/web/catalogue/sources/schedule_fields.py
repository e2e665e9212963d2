"""Fields of the forms that choose a schedule: the hour, the day of the week, the day of the month."""

from django import forms

from beffroi.text import WEEKDAYS


def time_of_day(help_text: str) -> forms.TimeField:
    return forms.TimeField(
        label="À quelle heure",
        input_formats=["%H:%M"],
        initial="06:00",
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=help_text,
        error_messages={"invalid": "Donnez une heure, par exemple 06:00."},
    )


def day_of_week() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label="Quel jour de la semaine",
        coerce=int,
        choices=list(enumerate(WEEKDAYS)),
        help_text="Pour chaque semaine.",
    )


def day_of_month(help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        label="Quel jour du mois",
        min_value=1,
        max_value=31,
        initial=1,
        help_text=help_text,
    )
