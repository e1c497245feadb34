"""The local sign-in: an OpenID Connect issuer of FusionAuth's shape for one machine. It asks nobody for a password."""
