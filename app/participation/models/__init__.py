"""Tables of the participation room, one file per family."""

# Foreign keys name these tables: they must be known before the first class of this room is mapped.
import app.people.models
import app.territory.models  # noqa: F401
from app.participation.models.acts import Draft, Intention, IntentionCommit
from app.participation.models.contributions import (
    Contribution,
    ContributionVersion,
    Photo,
    StepCounter,
)
from app.participation.models.discussion import (
    Comment,
    Decision,
    Follow,
    OfficialAnswer,
    StatusChange,
)
from app.participation.models.projects import Project, Step
from app.participation.models.votes import StepParticipation, Vote

__all__ = [
    "Comment",
    "Contribution",
    "ContributionVersion",
    "Decision",
    "Draft",
    "Follow",
    "Intention",
    "IntentionCommit",
    "OfficialAnswer",
    "Photo",
    "Project",
    "StatusChange",
    "Step",
    "StepCounter",
    "StepParticipation",
    "Vote",
]
