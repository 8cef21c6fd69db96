"""What people see: themes, static assets, generated drawings, macros and layouts shared by every application."""
