"""The worker: hears, decides the turn, thinks and speaks. Imports no Django, Channels or Celery."""
