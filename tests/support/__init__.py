"""What tests share: the servers, small worlds of two tenants, browsers."""
