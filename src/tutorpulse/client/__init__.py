"""A typed client of a service: `pip install 'tutorpulse[client]'`.

client = Client("http://127.0.0.1:8600", key)
client.send([{"event_type": "tutor_registered", "timestamp": "2026-03-01T09:00:00Z", "payload": {"tutor_id": "t1"}}])
for tutor in client.tutors(segment=["at_risk"]):
    print(tutor.entity_id, tutor.burnout_risk)

`AsyncClient` has the same methods for asyncio: `await client.summary()`, `async for tutor in client.tutors()`.
"""

from tutorpulse.client.async_client import AsyncClient
from tutorpulse.client.client import Client
from tutorpulse.client.transport import Retries

__all__ = ["AsyncClient", "Client", "Retries"]
