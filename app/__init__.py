"""What every platform has: tenants, people, sign-in, moderation, mail, themes, jobs, module loading."""
