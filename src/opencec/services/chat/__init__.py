"""Text contacts: what customers and agents do in them, who hears of it, what is kept."""
