"""What makes no sense is refused in one clear line."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from plugins.engagement.settings import EngagementSettings, Weights

NOTHING = dict.fromkeys(Weights.model_fields, 0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"weights": NOTHING}, "at least one type of event must weigh more than 0"),
        ({"weights": {"call": -1}}, "greater than or equal to 0"),
        ({"weights": {"phone": 1}}, "Extra inputs"),
        ({"half_life_days": 0}, "greater than or equal to 1"),
        ({"saturation": 0}, "greater than 0"),
        ({"windows": ((10, 8),)}, "must end after it begins"),
        ({"windows": ((8, 12), (11, 14))}, "must not overlap"),
        ({"windows": ()}, "at least 1 item"),
        ({"bulk_subjects": (" ",)}, "would fit every subject"),
        ({"contact_types": ("fax",)}, "Input should be"),
        ({"days": "lunar"}, "Input should be"),
        (
            {"cadences": ({"state": "a", "every_days": 7}, {"state": "a", "every_days": 30})},
            "state a cannot be every 7 and every 30 days",
        ),
        ({"cadences": ({"state": "", "every_days": 7},)}, "at least 1 character"),
        ({"cadences": ({"state": "a", "every_days": 7, "status": ("actif",)},)}, "Input should be"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        EngagementSettings.model_validate(wrong)
    assert caught.value.error_count() == 1 or "Input should be" in said


def test_words_are_compared_without_case() -> None:
    settings = EngagementSettings(bulk_subjects=("NEWS",), automatic_subjects=("Abwesend",))
    assert settings.bulk_subjects == ("news",)
    assert settings.automatic_subjects == ("abwesend",)
