"""The life of models: trained, judged against the one in force, promoted, rolled back, watched for drift."""
