-- Run once by the Postgres of compose.yaml, on an empty volume: the tables' owner, who upgrades them, and the hub, who
-- works on them. Neither is a superuser, and each knows one password. Passwords come from the environment.
\getenv owner HUB_OWNER_PASSWORD
\getenv running HUB_PASSWORD
CREATE ROLE hub_owner LOGIN PASSWORD :'owner';
CREATE ROLE hub LOGIN PASSWORD :'running';
CREATE DATABASE hub OWNER hub_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE hub FROM PUBLIC;
GRANT CONNECT ON DATABASE hub TO hub;
ALTER ROLE CURRENT_USER PASSWORD NULL;
