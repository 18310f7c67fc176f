<?php

return [
    // nothing but a value to follow from the environment file to the page
    'greeting' => env('PRIMEHUB_GREETING', 'Welcome'),
];
