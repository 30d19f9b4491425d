"""For those who run gunicorn themselves rather than through `scimbridge serve`.

SCIMBRIDGE_CONFIG=/etc/scimbridge/scimbridge.toml \
    gunicorn -c deploy/gunicorn.conf.py 'scimbridge.wsgi:create_app()'
"""

from scimbridge.gunicorn_conf import *  # noqa: F403
