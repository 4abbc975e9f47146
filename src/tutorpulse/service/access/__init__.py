"""Who may use the service: users, their passwords, links and sign-ins, and providers that vouch for them."""
