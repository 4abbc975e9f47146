"""The stack as a CDK app. The only place that imports aws_cdk; nothing here runs in a function."""
