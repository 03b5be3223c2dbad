"""What all channels share: outbox, order, repetition, pace, dead letters, the inbox that takes each message once."""
