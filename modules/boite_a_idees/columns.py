"""What the columns of the application's own tables hold (app/db/columns.py says what the classes mean)."""

from app.db.columns import Classification

COLUMNS: Classification = {
    "boite_a_idees_idea": {"public": "threshold_reached_at", "technical": "tenant_id id"},
}
