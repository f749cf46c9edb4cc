"""Pictures of a survey's tables: each module draws one figure from what the tables say."""
