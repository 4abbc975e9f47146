"""The same core on AWS: adapters to Kinesis, Lambda, DynamoDB, SageMaker, SNS and EventBridge. The only room that imports boto3."""
