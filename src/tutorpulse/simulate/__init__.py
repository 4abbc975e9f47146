"""A seeded tutoring marketplace that emits contract events, with what will come of everybody known.

It knows the event contract and nothing of features, labels or models: what judges the product must not share its code.
"""
