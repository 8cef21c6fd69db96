"""Database room: engine, session, the two walls between tenants, model bases, outbox, audit, storage, clock."""
