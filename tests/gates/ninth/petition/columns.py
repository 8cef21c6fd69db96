"""What the columns of the application's own table hold."""

from app.db.columns import Classification

COLUMNS: Classification = {"petition_petition": {"public": "goal", "technical": "tenant_id id"}}
