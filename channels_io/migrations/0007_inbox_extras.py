"""What conversations of before the inbox show in it: their newest words, and that they were read."""

from __future__ import annotations

from django.db import migrations

# One pass over the turns; the newest words of each conversation are found by the index on it. Conversations of before
# count as read: nobody is to meet months of unread ones.
WORDS = """
UPDATE channels_io_conversation AS talk
SET last_words = left(regexp_replace(newest.text, '\\s+', ' ', 'g'), 200), last_role = newest.role
FROM (
    SELECT DISTINCT ON (conversation_id) conversation_id, text, role
    FROM channels_io_turn WHERE text <> ''
    ORDER BY conversation_id, at DESC, number DESC, role
) AS newest
WHERE newest.conversation_id = talk.id AND talk.last_words = ''
"""
HEARD = """
UPDATE channels_io_conversation AS talk SET heard_at = heard.at, read_at = greatest(heard.at, talk.last_at)
FROM (
    SELECT conversation_id, max(at) AS at FROM channels_io_turn
    WHERE role = 'caller' AND text <> '' GROUP BY conversation_id
) AS heard
WHERE heard.conversation_id = talk.id AND talk.heard_at IS NULL
"""
KINDS = """
UPDATE channels_io_conversation AS talk SET last_kind = newest.kind
FROM (
    SELECT DISTINCT ON (conversation_id) conversation_id, kind FROM channels_io_leg ORDER BY conversation_id, id DESC
) AS newest
WHERE newest.conversation_id = talk.id AND talk.last_kind = ''
"""
CLOSED = "UPDATE channels_io_conversation SET closed_at = last_at WHERE status = 'closed' AND closed_at IS NULL"


class Migration(migrations.Migration):
    dependencies = [("channels_io", "0006_inbox")]

    operations = [migrations.RunSQL([WORDS, HEARD, KINDS, CLOSED], reverse_sql=migrations.RunSQL.noop)]
